//! End-to-end tests: one binary, everything over HTTP.
