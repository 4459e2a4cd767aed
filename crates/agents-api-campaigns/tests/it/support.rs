//! What the tests share.
use std::time::Duration;

use agents_api::Client;
use agents_api_campaigns::{ApplyOptions, Definition, NewVersion, Plan, Store};
use agents_api_emulator::{Builder, Emulator};

/// A database of a test's own, removed with it.
pub(crate) struct Database {
    url: String,
    _folder: tempfile::TempDir,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite:{}", folder.path().join("campaigns.db").display()),
            _folder: folder,
        }
    }

    /// A new database on the server that `TEST_DATABASE_URL` names, without a database at its end; `None` where it is not set.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = std::env::var("TEST_DATABASE_URL").ok()?;
        let name = format!("test_{:016x}", fastrand::u64(..));
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&format!("{server}/postgres"))
            .await
            .unwrap();
        sqlx::query(&format!("CREATE DATABASE {name}"))
            .execute(&pool)
            .await
            .unwrap();
        Some(Self {
            url: format!("{server}/{name}"),
            _folder: tempfile::tempdir().unwrap(),
        })
    }

    /// Every database that can be tested here.
    pub(crate) async fn all() -> Vec<Self> {
        let mut databases = vec![Self::sqlite()];
        databases.extend(Self::postgres().await);
        databases
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends every connection, as a restart of the server does. SQLite has no server.
    pub(crate) async fn drop_connections(&self) {
        if self.url.starts_with("postgres") {
            let pool = sqlx::AnyPool::connect(&self.url).await.unwrap();
            let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

/// An emulator with repositories `octocat/repo-N`.
pub(crate) async fn github(count: usize, builder: Builder) -> Emulator {
    let github = builder.start().await.unwrap();
    for number in 0..count {
        github.add_repository("octocat", &format!("repo-{number}"));
    }
    github
}

pub(crate) fn client(github: &Emulator) -> Client {
    Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()
        .unwrap()
}

/// A plan for repositories `octocat/repo-N`.
pub(crate) fn plan(count: usize, settings: &str) -> Plan {
    plan_with("Fix {{ repository }}", count, settings)
}

pub(crate) fn plan_with(prompt: &str, count: usize, settings: &str) -> Plan {
    let names: Vec<_> = (0..count)
        .map(|number| format!("octocat/repo-{number}"))
        .collect();
    let text = format!(
        "name: test\nprompt: {prompt}\nrepositories: [{}]\n{settings}",
        names.join(", ")
    );
    Plan::new(Definition::from_yaml(&text).unwrap(), Vec::new()).unwrap()
}

/// Takes a plan in.
pub(crate) async fn take_in(store: &Store, plan: &Plan) {
    store.take_in(plan, NewVersion::Refuse).await.unwrap();
}

/// Leases and intervals for tests.
pub(crate) fn options() -> ApplyOptions {
    let mut options = ApplyOptions::default();
    options.lease = Duration::from_secs(3);
    options.poll_interval = Duration::from_millis(100);
    options.visibility_timeout = Duration::from_secs(1);
    options
}
