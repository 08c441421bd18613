//! Rookery, a social-feed backend.
