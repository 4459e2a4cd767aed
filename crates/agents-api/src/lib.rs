#![doc = include_str!("../README.md")]

mod client;
mod error;
pub mod pages;
pub mod tasks;
pub mod wait;

pub use agents_api_raw::types::{
    Artifact, ArtifactData, ArtifactProvider, ArtifactType, BranchRef, CreatorType, CustomAgent,
    GitHubResource, Repository, Session, SessionError, SessionUsage, SortDirection, Task, TaskSort,
    TaskState, UsageType, User,
};
pub use client::{Client, ClientBuilder, Repo, TaskRef};
pub use error::{Delivery, Error, ErrorKind};
pub use wait::until;

/// The generated layer below, for whatever this crate does not offer.
pub use agents_api_raw as raw;

// The examples of the workspace's README are compiled with this crate's.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod workspace_readme {}
