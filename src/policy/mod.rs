//! HCL retention policies: text to `Policy`, every word the user can write.
