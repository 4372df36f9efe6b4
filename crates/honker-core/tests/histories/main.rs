//! Directed histories: real SQLite in other processes, stopped and killed where it hurts, and a look in between.
#![cfg(all(feature = "test-hooks", target_os = "linux"))]

mod early;
mod instrumented;
mod missed;
mod plain;
mod spurious;
mod stage;
mod startup;
