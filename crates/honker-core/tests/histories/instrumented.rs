//! Histories of a SQLite that is stopped, and killed, at points between its system calls, beside watchers of every
//! backend. While it is stopped nobody wakes before the commit can be read; it goes on, or is killed there and the next
//! reader decides, and everybody has woken exactly when something was committed.

mod audience;
mod checkpoints;
mod closing;
mod commits;
mod logs;
mod opening;
mod recovery;
mod rollbacks;
mod several;
mod startup;
mod switches;
