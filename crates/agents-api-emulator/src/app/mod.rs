//! Serves one request: arrival, faults, identity, limits, operation, headers, log.

pub(crate) mod body;
mod context;
mod headers;
pub(crate) mod setup;
pub(crate) mod state;

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;

use crate::faults::effect::Effect;
use crate::faults::engine::Drawn;
use crate::faults::shape::shape;
use crate::faults::write_fault::WriteFault;
use crate::limits::limiter::LimitExceeded;
use crate::model::Index;
use crate::operation::Operation;
use crate::response::{Refusal, Reply, ResponseBody};
use crate::routes::call::Call;
use crate::routes::path::Route;
use crate::routes::{auth, graphql, origin, preflight, pulls, tasks};
use crate::settings::Settings;
use context::RequestContext;
use state::App;

/// Serves one request. The write fault is what the connection does to the bytes of the response.
pub(crate) async fn handle(
    app: Arc<App>,
    request: Request<Incoming>,
) -> (Response<ResponseBody>, WriteFault) {
    let (parts, body) = request.into_parts();
    let settings = app.settings();
    let body = body::read(body, settings.body_limit).await;
    let route = Route::of(parts.uri.path());
    let operation = route.operation(&parts.method);
    let text = body.as_deref().unwrap_or_default();
    let (number, drawn) = app.faults.draw(operation, parts.uri.path(), text);
    let mut context = RequestContext::begin(Arc::clone(&app), number, &parts, operation);
    context.triggered(drawn.names());
    if let Ok(body) = &body {
        context.read(body);
    }
    let replacement = drawn.replacement();
    let is_served = replacement.is_none_or(|fault| fault.after_applied);
    let served = is_served.then(|| {
        serve(
            &app,
            &settings,
            &parts,
            &route,
            operation,
            body,
            &drawn,
            &mut context,
        )
    });
    context.applied(served.as_ref().is_some_and(|reply| reply.applied));
    // The response is late, not the request: it takes effect even if the client gives up here.
    let latency = drawn.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if replacement.is_some_and(|fault| fault.effect == Effect::Hang) {
        context.without_response();
        std::future::pending::<()>().await;
    }
    let replaced = replacement.map(|fault| context.replacement(&fault.effect, &parts));
    let mut reply = replaced.or(served).unwrap_or_else(|| unknown(&route));
    shape(&mut reply, &drawn);
    if replacement.is_some_and(|fault| matches!(fault.effect, Effect::Reset | Effect::Close)) {
        context.without_response();
    }
    let response = context.finish(reply, &parts);
    write_response(response, &drawn, &parts.method)
}

/// Serves a request as GitHub would, faults aside.
#[allow(clippy::too_many_arguments)]
fn serve(
    app: &App,
    settings: &Settings,
    parts: &Parts,
    route: &Route,
    operation: Option<Operation>,
    body: Result<Bytes, body::Unreadable>,
    drawn: &Drawn,
    context: &mut RequestContext,
) -> Reply {
    let refuse = |refusal: Refusal| refusal.into_reply(operation);
    if let Err(refusal) = auth::require_user_agent(&parts.headers) {
        return refuse(refusal);
    }
    let Some(operation) = operation else {
        return preflight::reply(parts, route).unwrap_or_else(|| unknown(route));
    };
    let checked = auth::accepts_json(&parts.headers).and_then(|()| auth::api_version(&parts.headers));
    match checked {
        Ok(version) => context.version(version),
        Err(refusal) => return refuse(refusal),
    }
    let now = app.clock.millis();
    let (account, user_id) = {
        let world = app.world.lock();
        match auth::account(&world, &parts.headers) {
            Ok(account) => (
                account.clone(),
                world.user(account.user).map_or(0, |user| user.id),
            ),
            Err(refusal) => return refuse(refusal),
        }
    };
    let charged = app
        .limiter
        .charge(account.number, Some(operation), context.concurrent(), now);
    match charged {
        Ok(()) => {}
        Err(LimitExceeded::Primary(limit)) => {
            return limit.primary(Some(operation), now, user_id, context.request_id());
        }
        Err(LimitExceeded::Secondary(limit)) => return limit.secondary(now),
    }
    if operation.costs() {
        context.charged();
    }
    let body = match body {
        Ok(body) => body,
        Err(unreadable) => return refuse(unreadable.into()),
    };
    let origin = origin::of(&parts.headers, parts.uri.authority(), &settings.local);
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
        settings,
        world: &app.world,
        account: &account,
    };
    let reply = match operation {
        Operation::Graphql => graphql::serve(&call),
        Operation::ListPulls => pulls::list(&call),
        Operation::RateLimit => Ok(rate_limit(app, account.number, now)),
        _ => tasks::serve(&call),
    };
    reply.unwrap_or_else(refuse)
}

/// What is left of both quotas; the request itself is free.
fn rate_limit(app: &App, account: Index, now: i64) -> Reply {
    let of = |operation| {
        let quota = app.limiter.status(Some(account), Some(operation), now);
        let remaining = quota.remaining();
        json!({ "limit": quota.limit, "used": quota.used, "remaining": remaining, "reset": quota.reset })
    };
    let core = of(Operation::RateLimit);
    // There is no search here, but clients that deserialize the whole response need its quota.
    let search = json!({ "limit": 30, "used": 0, "remaining": 30, "reset": core["reset"] });
    let resources = json!({ "core": core, "graphql": of(Operation::Graphql), "search": search });
    Reply::json(StatusCode::OK, &json!({ "resources": resources, "rate": core }))
}

fn unknown(route: &Route) -> Reply {
    let allow = route.allow();
    if allow.is_empty() {
        return Refusal::not_found().into_reply(None);
    }
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    refusal.into_reply(None).with(header::ALLOW, allow)
}

/// Applies the faults that concern how a response is written.
fn write_response(
    response: Response<Bytes>,
    drawn: &Drawn,
    method: &Method,
) -> (Response<ResponseBody>, WriteFault) {
    let (mut parts, body) = response.into_parts();
    let mut fault = WriteFault::None;
    let mut is_chunked = false;
    // The response to a HEAD has no body to cut, whatever its length says.
    let has_body = !body.is_empty() && method != Method::HEAD;
    for effect in drawn.effects() {
        if let Effect::Truncate { after } | Effect::CutChunks { after } = effect
            && has_body
        {
            is_chunked |= matches!(effect, Effect::CutChunks { .. });
            fault = WriteFault::Cut(after.unwrap_or(body.len() / 2).min(body.len() - 1));
        }
    }
    match drawn.replacement().map(|fault| &fault.effect) {
        Some(Effect::Reset) => fault = WriteFault::Reset,
        Some(Effect::Close) => fault = WriteFault::Close,
        _ => {}
    }
    let body = if is_chunked {
        parts.headers.remove(header::CONTENT_LENGTH);
        ResponseBody::Chunked(body)
    } else {
        ResponseBody::Whole(body)
    };
    (Response::from_parts(parts, body), fault)
}
