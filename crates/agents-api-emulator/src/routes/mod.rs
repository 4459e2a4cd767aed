//! The way of a request: arrival, faults, identity, limits, operation, headers, log.

mod body;
mod exchange;
mod graphql;
mod links;
mod origin;
mod path;
mod preflight;
mod pulls;
mod tasks;

use std::sync::Arc;

use axum::body::Body;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::auth;
use crate::clock::Clock;
use crate::emulator::Wire;
use crate::faults::{self, Drawn, Effect, Engine};
use crate::limits::{Limiter, Stop};
use crate::log::Log;
use crate::operation::Operation;
use crate::seeded::mixed;
use crate::world::{Account, Index, World};
use exchange::Exchange;
pub(crate) use path::Route;

/// Everything the connections of one emulator share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) world: std::sync::Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) limiter: Limiter,
    pub(crate) faults: Engine,
    pub(crate) log: Log,
    pub(crate) settings: Settings,
}

/// What does not change while an emulator runs.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    /// `host:port` the emulator listens on.
    pub(crate) local: String,
    pub(crate) models: Vec<String>,
    /// Whether a start that does not mention a pull request gets one, as was seen on GitHub.
    pub(crate) pulls_by_default: bool,
    /// The largest body that is read, in bytes.
    pub(crate) body_limit: usize,
}

/// One call to a known operation.
#[derive(Debug)]
pub(crate) struct Call<'r> {
    pub(crate) operation: Operation,
    pub(crate) route: &'r Route,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    pub(crate) origin: &'r str,
    pub(crate) now: i64,
    pub(crate) drawn: &'r Drawn,
    pub(crate) settings: &'r Settings,
}

impl App {
    /// The world, caught up with the clock.
    pub(crate) fn world(&self) -> std::sync::MutexGuard<'_, World> {
        let mut world = self
            .world
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        world.catch_up(self.clock.millis());
        world
    }
}

/// Serves one request.
pub(crate) async fn handle(app: Arc<App>, wire: Wire, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let route = Route::of(parts.uri.path());
    let operation = route.operation(&parts.method);
    let (number, drawn) = app.faults.draw(operation);
    let mut exchange = Exchange::begin(Arc::clone(&app), number, &parts, operation, &drawn);
    let body = body::read(body, app.settings.body_limit).await;
    if let Ok(body) = &body {
        exchange.read(body);
    }
    let instead = drawn.instead();
    let applies = instead.is_none_or(|fault| fault.after_applied);
    let served = applies.then(|| serve(&app, &parts, &route, operation, body, &drawn, &mut exchange));
    exchange.applied(served.as_ref().is_some_and(|answer| answer.applied));
    // The answer is late, not the request: a client that gives up here has been served all the same.
    let latency = drawn.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if instead.is_some_and(|fault| fault.effect == Effect::Hang) {
        exchange.unanswered();
        std::future::pending::<()>().await;
    }
    let made_up = instead.map(|fault| exchange.instead(&fault.effect, &parts));
    let mut answer = made_up.or(served).unwrap_or_else(|| unknown(&route));
    faults::shape(&mut answer, &drawn);
    if instead.is_some_and(|fault| matches!(fault.effect, Effect::Reset | Effect::Close)) {
        exchange.unanswered();
    }
    let response = exchange.finish(answer, &parts);
    body::onto_the_wire(response, &wire, &drawn, &parts.method)
}

/// Answers a request as GitHub would, faults aside.
fn serve(
    app: &App,
    parts: &Parts,
    route: &Route,
    operation: Option<Operation>,
    body: Result<bytes::Bytes, body::Unreadable>,
    drawn: &Drawn,
    exchange: &mut Exchange,
) -> Answer {
    let refuse = |refusal: Refusal| refusal.into_answer(operation);
    if let Err(refusal) = auth::require_user_agent(&parts.headers) {
        return refuse(refusal);
    }
    let Some(operation) = operation else {
        return preflight::answer(parts, route).unwrap_or_else(|| unknown(route));
    };
    let checked = auth::accepts_json(&parts.headers).and_then(|()| auth::api_version(&parts.headers));
    match checked {
        Ok(version) => exchange.version(version),
        Err(refusal) => return refuse(refusal),
    }
    let now = app.clock.millis();
    let mut world = app.world();
    let account = match auth::account(&world, &parts.headers) {
        Ok(account) => account.clone(),
        Err(refusal) => return refuse(refusal),
    };
    if let Err(stop) = app
        .limiter
        .charge(account.number, Some(operation), exchange.among(), now)
    {
        return stopped(stop, operation, &world, &account, now, exchange.request_id());
    }
    if operation.costs() {
        exchange.charged();
    }
    let body = match body {
        Ok(body) => body,
        Err(unreadable) => return refuse(unreadable.into()),
    };
    let origin = origin::of(&parts.headers, parts.uri.authority(), &app.settings.local);
    let call = Call {
        operation,
        route,
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &parts.headers,
        body: &body,
        origin: &origin,
        now,
        drawn,
        settings: &app.settings,
    };
    let answer = match operation {
        Operation::Graphql => {
            drop(world);
            graphql::serve(&call, app, &account)
        }
        Operation::ListPulls => pulls::list(&call, &world, &account),
        Operation::RateLimit => Ok(rate_limit(app, account.number, now)),
        _ => tasks::serve(&call, &mut world, &account),
    };
    answer.unwrap_or_else(refuse)
}

/// What is left of both quotas; asking is free.
fn rate_limit(app: &App, account: Index, now: i64) -> Answer {
    let of = |operation| {
        let standing = app.limiter.standing(Some(account), Some(operation), now);
        let remaining = standing.remaining();
        json!({ "limit": standing.limit, "used": standing.used, "remaining": remaining, "reset": standing.reset })
    };
    let core = of(Operation::RateLimit);
    // There is no search here; clients that type the whole answer want its quota, which is never used.
    let search = json!({ "limit": 30, "used": 0, "remaining": 30, "reset": core["reset"] });
    let resources = json!({ "core": core, "graphql": of(Operation::Graphql), "search": search });
    Answer::json(StatusCode::OK, &json!({ "resources": resources, "rate": core }))
}

fn unknown(route: &Route) -> Answer {
    let allow = route.allow();
    if allow.is_empty() {
        return Refusal::not_found().into_answer(None);
    }
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    refusal.into_answer(None).with(header::ALLOW, allow)
}

fn stopped(
    stop: Stop,
    operation: Operation,
    world: &World,
    account: &Account,
    now: i64,
    request_id: &str,
) -> Answer {
    match stop {
        Stop::Primary(refused) => refused.primary(
            Some(operation),
            now,
            world.user(account.user).map_or(0, |user| user.id),
            request_id,
        ),
        Stop::Secondary(refused) => refused.secondary(now),
    }
}

/// The id GitHub would give a request: four groups of hexadecimal digits and the time.
fn request_id(seed: u64, number: u64, now: i64) -> String {
    let bits = mixed(seed ^ 0x1D, number);
    let (a, b, c) = (bits >> 48, (bits >> 28) & 0xF_FFFF, bits & 0xFFF_FFFF);
    format!(
        "{a:04X}:{b:05X}:{c:07X}:{:07X}:{:08X}",
        number & 0xFFF_FFFF,
        now.div_euclid(1000)
    )
}

/// Headers GitHub sends whatever the answer is.
fn constant_headers() -> [(HeaderName, &'static str); 8] {
    [
        (header::SERVER, "github.com"),
        (
            HeaderName::from_static("x-github-media-type"),
            "github.v3; format=json",
        ),
        (
            header::VARY,
            "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::REFERRER_POLICY,
            "origin-when-cross-origin, strict-origin-when-cross-origin",
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Used, \
             X-RateLimit-Resource, X-RateLimit-Reset, X-GitHub-Request-Id, X-GitHub-Media-Type",
        ),
        (HeaderName::from_static("x-accepted-oauth-scopes"), "repo"),
    ]
}

/// Whether a method only reads.
fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
