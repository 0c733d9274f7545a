//! Who holds whom; reachability; order.
