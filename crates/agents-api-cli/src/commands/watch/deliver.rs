//! Handing an event on: to an address, to a command. An event counts as delivered when all have it.
use super::exec;
use super::notice::Notice;
use super::post::Post;
use crate::context::Context;
use crate::failure::{Failure, Result};

/// To whom events are handed on.
pub(super) struct Delivery {
    post: Option<Post>,
    exec: Option<String>,
}

impl Delivery {
    /// As the flags say.
    ///
    /// # Errors
    /// When the address cannot be used, or the variable of the secret is not set.
    pub(super) fn new(post: Option<&str>, secret_env: Option<&str>, exec: Option<String>) -> Result<Self> {
        let secret = secret_env.map(|name| {
            let secret = std::env::var(name).ok().filter(|secret| !secret.is_empty());
            secret.ok_or_else(|| Failure::usage(format!("--secret-env {name}: the variable is not set")))
        });
        let secret = secret.transpose()?;
        let post = post.map(|url| Post::new(url, secret)).transpose()?;
        Ok(Self { post, exec })
    }

    /// Hands an event on, and returns when it has arrived.
    ///
    /// # Errors
    /// When it cannot be delivered.
    pub(super) async fn deliver(
        &self,
        context: &Context,
        notice: &Notice,
        body: &[u8],
        digest: &str,
    ) -> Result<()> {
        if let Some(post) = &self.post {
            post.deliver(context, notice.event, body, digest).await?;
        }
        if let Some(command) = &self.exec {
            exec::run(command, notice, body).await?;
        }
        Ok(())
    }
}
