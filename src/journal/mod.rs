//! Events, the fold over them, and the segments they are kept in.
