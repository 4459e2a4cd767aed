//! The five operations.

use http::{HeaderName, StatusCode, header};

use super::call::Call;
use super::links::{self, Place};
use super::path::Route;
use super::query::Query;
use super::view::{self, View};
use super::{auth, list_parameters, start_body};
use crate::clock::in_millis;
use crate::faults::effect::Effect;
use crate::faults::shape::LinkFault;
use crate::model::{Access, Index};
use crate::response::{Refusal, Reply};
use crate::world::list::{Filter, Scope};

/// Serves a call of one of the five operations.
pub(crate) fn serve(call: &Call<'_>) -> Result<Reply, Refusal> {
    match call.route {
        Route::RepoTasks(owner, repo) if call.operation.is_write() => start(call, owner, repo),
        Route::RepoTasks(owner, repo) => {
            let repo = visible_repo(call, owner, repo)?;
            read_permitted(call)?;
            let query = Query::parse(call.query);
            let filter = list_parameters::filter(&query, true)?;
            Ok(list(call, Scope::Repo(repo), filter, &query))
        }
        Route::UserTasks => {
            read_permitted(call)?;
            let query = Query::parse(call.query);
            let filter = list_parameters::filter(&query, false)?;
            Ok(list(call, Scope::Creator(call.account.user), filter, &query))
        }
        Route::RepoTask(owner, repo, id) => {
            let repo = visible_repo(call, owner, repo)?;
            read_permitted(call)?;
            get(call, id, Some(repo))
        }
        Route::UserTask(id) => {
            read_permitted(call)?;
            get(call, id, None)
        }
        _ => Err(Refusal::not_found()),
    }
}

fn read_permitted(call: &Call<'_>) -> Result<(), Refusal> {
    auth::permit(call.account, call.headers, Access::Read)
}

/// A repository that the caller does not see is not found.
fn visible_repo(call: &Call<'_>, owner: &str, repo: &str) -> Result<Index, Refusal> {
    let world = call.world.lock();
    let known = world
        .repo_named(owner, repo)
        .filter(|repo| world.sees(call.account, *repo));
    known.ok_or_else(Refusal::not_found)
}

fn shown<'v>(call: &Call<'v>) -> View<'v> {
    View {
        origin: call.origin,
        empty_global_ids: call.settings.realism.empty_global_ids,
    }
}

/// A start documents no 404: a repository that is not visible is refused like one the token may not write to, which does
/// not reveal whether it exists.
fn start(call: &Call<'_>, owner: &str, repo: &str) -> Result<Reply, Refusal> {
    auth::permit(call.account, call.headers, Access::Write)?;
    if call.account.no_plan {
        return Err(Refusal::no_plan());
    }
    let repo = visible_repo(call, owner, repo);
    let repo = repo.map_err(|_| Refusal::forbidden("Resource not accessible by personal access token"))?;
    let opens_pull = call.settings.realism.pull_requests_by_default;
    let start = start_body::start(call.body, &call.settings.models, opens_pull)?;
    let world = &mut *call.world.lock();
    if world.task_count() >= call.settings.max_tasks {
        let message = format!(
            "The emulator holds its maximum of {} tasks; raise it with --max-tasks or reset it",
            call.settings.max_tasks
        );
        return Err(Refusal::new(StatusCode::INSUFFICIENT_STORAGE, message));
    }
    let index = world.start(repo, call.account.user, start, call.now);
    let body = view::task(world, shown(call), index, false);
    Ok(Reply::json(StatusCode::CREATED, &body).applied())
}

fn get(call: &Call<'_>, id: &str, repo: Option<Index>) -> Result<Reply, Refusal> {
    let world = &*call.world.lock();
    let index = world.task_with_id(id).ok_or_else(Refusal::not_found)?;
    let appears = call.now - in_millis(call.settings.realism.new_task_delay);
    let task = world
        .task(index)
        .filter(|task| repo.is_none_or(|repo| task.repo == repo) && task.born <= appears);
    let is_visible = task.is_some_and(|task| world.sees(call.account, task.repo));
    if !is_visible {
        return Err(Refusal::not_found());
    }
    Ok(Reply::json(
        StatusCode::OK,
        &view::task(world, shown(call), index, true),
    ))
}

fn list(call: &Call<'_>, scope: Scope, filter: Filter, query: &Query<'_>) -> Reply {
    let lag = in_millis(call.settings.realism.list_lag);
    let filter = Filter {
        born_by: (lag > 0).then_some(call.now - lag),
        ..filter
    };
    let world = &mut *call.world.lock();
    let found = world.list(call.account, scope, &filter);
    let place = Place {
        origin: call.origin,
        path: call.path,
        query,
        page: filter.page,
        more: found.more,
    };
    let links = links::header(&place, &LinkFault::of(call.drawn));
    let reply =
        Reply::json(StatusCode::OK, &view::page(world, shown(call), &found)).with(header::LINK, &links);
    let moving = call.drawn.effects().filter_map(|effect| match effect {
        Effect::MoveItems { count } => Some(*count as usize),
        _ => None,
    });
    world.move_to_front(call.account, scope, &filter, moving.sum(), call.now);
    reply
}

/// The header in which GitHub names the permission that an operation needs.
pub(crate) fn accepted_permission(is_write: bool) -> (HeaderName, &'static str) {
    let name = HeaderName::from_static("x-accepted-github-permissions");
    (
        name,
        if is_write {
            "agent_tasks=write"
        } else {
            "agent_tasks=read"
        },
    )
}
