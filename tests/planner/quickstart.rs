//! The quickstart, read the way its readers do: what its story says is in use stays, and every kind of action occurs.
