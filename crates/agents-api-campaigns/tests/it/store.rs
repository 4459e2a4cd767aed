//! Definitions that change, databases that cannot be used, and large campaigns.

use agents_api_campaigns::{CampaignStatus, ErrorKind, NewVersion, Store};

use crate::support::{Database, plan, plan_with, take_in};

#[tokio::test]
async fn a_changed_definition_is_refused_unless_it_is_meant() {
    for database in Database::all().await {
        let store = database.open().await;
        take_in(&store, &plan(3, "")).await;
        take_in(&store, &plan(3, "")).await;

        let changed = plan_with("Mend {{ repository }}", 4, "concurrency: 2");
        let error = store.take_in(&changed, NewVersion::Refuse).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
        let message = error.to_string();
        assert!(
            message.contains("concurrency, prompt, repositories changed"),
            "{message}"
        );
        assert_eq!(store.state("test").await.unwrap().items.len(), 3);

        store.take_in(&changed, NewVersion::Accept).await.unwrap();
        let state = store.state("test").await.unwrap();
        assert_eq!((state.version, state.items.len()), (2, 4));
    }
}

#[tokio::test]
async fn campaigns_do_not_disturb_each_other_and_unknown_ones_are_not_found() {
    for database in Database::all().await {
        let store = database.open().await;
        take_in(&store, &plan(2, "")).await;
        let mut other = plan(1, "");
        other.definition.name = "other".to_owned();
        take_in(&store, &other).await;
        store
            .halt("other", CampaignStatus::Paused, "by hand")
            .await
            .unwrap();

        assert_eq!(store.names().await.unwrap(), ["other", "test"]);
        assert_eq!(store.state("test").await.unwrap().status, CampaignStatus::Running);
        assert_eq!(
            store.state("other").await.unwrap().reason.as_deref(),
            Some("by hand")
        );
        for error in [
            store.state("none").await.unwrap_err(),
            store.resume("none").await.unwrap_err(),
            store.halt("none", CampaignStatus::Stopped, "").await.unwrap_err(),
            store.retry("none").await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains("none"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_one_clear_error() {
    for (url, expected) in [
        (
            "mysql://localhost/x",
            "write sqlite:FILE or postgres://USER@HOST/DATABASE",
        ),
        (
            "campaigns.db",
            "write sqlite:FILE or postgres://USER@HOST/DATABASE",
        ),
        (
            "sqlite:/no/such/folder/campaigns.db",
            "unable to open database file",
        ),
        (
            "postgres://nobody:hunter2@127.0.0.1:1/x",
            "check that the server runs",
        ),
    ] {
        let error = Store::open(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database, "{url}");
        let message = error.to_string();
        assert!(
            message.contains(expected) && !message.contains("hunter2"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    for database in Database::all().await {
        drop(database.open().await);
        let pool = sqlx::AnyPool::connect(database.url()).await.unwrap();
        sqlx::query("UPDATE _sqlx_migrations SET version = 999")
            .execute(&pool)
            .await
            .unwrap();

        let error = Store::open(database.url()).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.to_string().contains("schema version 999"), "{error}");
    }
}

#[tokio::test]
async fn ten_thousand_items_are_taken_in_and_read_back() {
    for database in Database::all().await {
        let store = database.open().await;
        take_in(&store, &plan(10_000, "waves: {sizes: [3, 30, all]}")).await;

        let state = store.state("test").await.unwrap();

        assert_eq!(state.items.len(), 10_000);
        let pending: Vec<_> = state.waves.iter().map(|wave| wave.pending).collect();
        assert_eq!(pending, [3, 30, 9_967]);
    }
}
