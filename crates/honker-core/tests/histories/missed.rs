//! Histories in which an earlier version missed a commit.

mod logs;
mod rollbacks;
mod sessions;
