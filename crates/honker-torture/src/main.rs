//! `honker-torture`.
fn main() {}
