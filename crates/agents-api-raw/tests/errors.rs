//! No error loses the status, the headers or the body of an response that arrived.
mod support;

use agents_api_raw::{Client, Error, RequestConfig, types};
use support::Canned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn fails(github: &Canned) -> Error {
    let github = github
        .clone()
        .header("x-github-request-id", "AB:1")
        .header("retry-after", "60");
    github.client().get_task().task_id("t").send().await.unwrap_err()
}

#[tokio::test]
async fn every_status_but_the_documented_success_keeps_its_response() {
    let json = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#;
    let html = "<html>\n<body>403 Forbidden</body></html>";
    for (status, body, shown) in [
        (
            400,
            r#"{"message":"Problems parsing JSON"}"#,
            "Problems parsing JSON",
        ),
        (401, r#"{"message":"Bad credentials"}"#, "Bad credentials"),
        (403, html, "<html> <body>403 Forbidden</body></html>"),
        (404, json, "Not Found"),
        (408, "", "(empty body)"),
        (418, "\"teapot\"", "\"teapot\""),
        (
            422,
            r#"{"message":"Validation Failed","errors":["prompt is empty"]}"#,
            "Validation Failed: prompt is empty",
        ),
        (
            429,
            r#"{"message":"secondary rate limit"}"#,
            "secondary rate limit",
        ),
        (500, "[", "["),
        (502, html, "<html> <body>403 Forbidden</body></html>"),
        (503, "\u{0}\u{1b}[2J", "[2J"),
        (201, "{}", "{}"),
        (204, "", "(empty body)"),
        (304, "", "(empty body)"),
    ] {
        let error = fails(&Canned::new(status, body)).await;
        assert!(matches!(error, Error::Status(_)), "{status}: {error:?}");
        let response = error.response().unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.body(), body, "{status}");
        assert_eq!(response.request_id(), Some("AB:1"));
        assert_eq!(response.headers()["retry-after"], "60");
        assert!(error.to_string().ends_with(shown), "{status}: {error}");
    }
}

#[tokio::test]
async fn an_undecodable_success_keeps_its_response() {
    for body in [
        "",
        "null",
        "{",
        "<html>",
        "[]",
        "{}",
        r#"{"id":1}"#,
        "\u{feff}{}",
        "{\"id\":\"t\",\"state\":",
    ] {
        let error = fails(&Canned::new(200, body)).await;
        assert!(matches!(error, Error::Decode { .. }), "{body:?}: {error:?}");
        let response = error.response().unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.body()[..]),
            (200, body.as_bytes())
        );
        assert_eq!(response.request_id(), Some("AB:1"));
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test]
async fn a_documented_error_body_can_be_had_as_its_type() {
    let body = r#"{"message":"m","documentation_url":"d","errors":[{"code":"brand_new","message":null}]}"#;
    let error = fails(&Canned::new(422, body)).await;
    let body: types::ApiErrorBody = error.response().unwrap().json().unwrap();
    assert_eq!(
        body.errors.unwrap()[0].code,
        Some(types::ValidationErrorCode::Unknown("brand_new".to_owned()))
    );
}

#[tokio::test]
async fn an_error_body_is_read_with_fields_missing_and_fields_nobody_documented() {
    let body =
        r#"{"message":"m","status":"422","errors":[{"resource":"Task","field":"model","message":"no"}]}"#;
    let error = fails(&Canned::new(422, body)).await;
    let body: types::ApiErrorBody = error.response().unwrap().json().unwrap();
    assert_eq!(
        (body.documentation_url, &body.extra["status"]),
        (None, &"422".into())
    );
    let first = &body.errors.unwrap()[0];
    assert_eq!((&first.extra["field"], &first.code), (&"model".into(), &None));
}

#[tokio::test]
async fn an_echoed_token_is_not_shown() {
    let body = r#"{"message":"bad header: Bearer ghp_hunter2"}"#;
    let github = Canned::new(400, body)
        .header("x-echo", "Bearer ghp_hunter2")
        .header("set-cookie", "hunter2");
    let error = fails(&github).await;
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(error.response().unwrap().body(), body, "it is kept as it came");
}

#[tokio::test]
async fn long_bodies_are_kept_whole_and_shown_short() {
    let error = fails(&Canned::new(500, "x ".repeat(100_000))).await;
    assert_eq!(error.response().unwrap().body().len(), 200_000);
    assert!(error.to_string().len() < 300);
    assert!(format!("{error:?}").len() < 1000);
}

/// Responds on one connection with `response` and closes it.
async fn serve(response: &'static str) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(response.as_bytes()).await.unwrap();
    });
    Client::new(&format!("http://{address}"), RequestConfig::new()).unwrap()
}

#[tokio::test]
async fn a_body_that_ends_early_keeps_what_arrived() {
    for (response, status) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\nx-github-request-id: R\r\n\r\n{\"id\":\"t\"",
            200,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 100\r\nx-github-request-id: R\r\n\r\n{\"id\":\"t\"",
            502,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-github-request-id: R\r\n\r\n9\r\n{\"id\":\"t\"\r\n",
            200,
        ),
    ] {
        let error = serve(response)
            .await
            .get_task()
            .task_id("t")
            .send()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Body { .. }), "{error:?}");
        let response = error.response().unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.request_id(), Some("R"));
        assert_eq!(response.body(), &b"{\"id\":\"t\""[..]);
    }
}

#[tokio::test]
async fn no_response_is_no_status() {
    let error = serve("").await.get_task().task_id("t").send().await.unwrap_err();
    assert!(
        matches!(&error, Error::Transport(e) if !e.is_connect()),
        "{error:?}"
    );
    assert_eq!(error.status(), None);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(&format!("http://{address}"), RequestConfig::new()).unwrap();
    let error = client.get_task().task_id("t").send().await.unwrap_err();
    assert!(
        matches!(&error, Error::Transport(e) if e.is_connect()),
        "{error:?}"
    );
    assert!(
        !format!("{error:?}").contains("/agents"),
        "the address stays out: {error:?}"
    );
}
