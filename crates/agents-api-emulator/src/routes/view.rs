//! Tasks as JSON.

use serde::Serialize;
use serde_json::Value;

use crate::clock::stamp;
use crate::model::{Index, Usage};
use crate::world::World;
use crate::world::account::Repo;
use crate::world::list::TaskPage;
use crate::world::task::{Artifact, Session, Task, name_of};

/// The prefix with which GitHub echoes the name of a model.
const MODEL_PREFIX: &str = "sweagent-capi:";

#[derive(Serialize)]
struct Ref {
    id: i64,
}

#[derive(Serialize)]
struct TaskView<'w> {
    id: String,
    url: String,
    html_url: String,
    name: String,
    creator: Ref,
    creator_type: &'static str,
    owner: Ref,
    repository: Ref,
    state: &'static str,
    session_count: usize,
    artifacts: Vec<ArtifactView<'w>>,
    archived_at: Option<String>,
    updated_at: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_agent: Option<AgentView<'w>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<Vec<SessionView<'w>>>,
}

#[derive(Serialize)]
struct AgentView<'w> {
    id: &'w str,
}

#[derive(Serialize)]
struct SessionView<'w> {
    id: String,
    name: String,
    user: Ref,
    owner: Ref,
    repository: Ref,
    task_id: String,
    state: &'static str,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    prompt: &'w str,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_ref: Option<&'w str>,
    base_ref: &'w str,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'w>>,
}

#[derive(Serialize)]
struct ErrorView<'w> {
    message: &'w str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ArtifactView<'w> {
    Known {
        provider: &'static str,
        r#type: &'static str,
        data: DataView<'w>,
    },
    Raw(&'w Value),
}

#[derive(Serialize)]
#[serde(untagged)]
enum DataView<'w> {
    Pull { id: i64, global_id: String },
    Branch { head_ref: &'w str, base_ref: &'w str },
}

#[derive(Serialize)]
struct PageView<'w> {
    tasks: Vec<TaskView<'w>>,
    total_active_count: usize,
    total_archived_count: usize,
}

/// How tasks are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'v> {
    /// `scheme://host` of the URLs.
    pub(crate) origin: &'v str,
    /// Whether pull requests have no global id.
    pub(crate) empty_global_ids: bool,
}

/// One task, with its sessions if `full`.
pub(crate) fn task(world: &World, view: View<'_>, index: Index, full: bool) -> impl Serialize {
    task_view(world, view, index, full)
}

/// One page of a list: tasks without sessions.
pub(crate) fn page(world: &World, view: View<'_>, found: &TaskPage) -> impl Serialize {
    PageView {
        tasks: found
            .tasks
            .iter()
            .filter_map(|index| task_view(world, view, *index, false))
            .collect(),
        total_active_count: found.active,
        total_archived_count: found.archived,
    }
}

fn task_view<'w>(world: &'w World, view: View<'_>, index: Index, full: bool) -> Option<TaskView<'w>> {
    let task = world.task(index)?;
    let repo = world.repo(task.repo)?;
    let (owner, name, id) = (&repo.owner, &repo.name, task.id);
    Some(TaskView {
        id: id.to_string(),
        url: format!("{}/agents/repos/{owner}/{name}/tasks/{id}", view.origin),
        html_url: format!("https://github.com/{owner}/{name}/copilot/tasks/{id}"),
        name: task.name(),
        creator: Ref {
            id: user_id(world, task.creator),
        },
        creator_type: "user",
        owner: Ref { id: repo.owner_id },
        repository: Ref { id: repo.id },
        state: task.state().as_str(),
        session_count: task.sessions.len(),
        artifacts: task
            .artifacts
            .iter()
            .filter_map(|artifact| artifact_view(world, view, artifact))
            .collect(),
        archived_at: task.archived.map(stamp),
        updated_at: stamp(task.updated),
        created_at: stamp(task.created),
        custom_agent: task.custom_agent.as_deref().map(|id| AgentView { id }),
        sessions: full.then(|| {
            task.sessions
                .iter()
                .map(|session| session_view(world, task, repo, session))
                .collect()
        }),
    })
}

fn session_view<'w>(world: &World, task: &Task, repo: &Repo, session: &'w Session) -> SessionView<'w> {
    SessionView {
        id: session.id.to_string(),
        name: name_of(&session.prompt),
        user: Ref {
            id: user_id(world, session.user),
        },
        owner: Ref { id: repo.owner_id },
        repository: Ref { id: repo.id },
        task_id: task.id.to_string(),
        state: session.state.as_str(),
        created_at: stamp(session.created),
        updated_at: stamp(session.updated),
        completed_at: session.completed.map(stamp),
        prompt: &session.prompt,
        head_ref: session.head_ref.as_deref(),
        base_ref: &session.base_ref,
        model: format!("{MODEL_PREFIX}{}", session.model),
        usage: session.usage,
        error: session.error.as_deref().map(|message| ErrorView { message }),
    }
}

fn artifact_view<'w>(world: &World, view: View<'_>, artifact: &'w Artifact) -> Option<ArtifactView<'w>> {
    let (r#type, data) = match artifact {
        Artifact::Branch { head, base } => (
            "branch",
            DataView::Branch {
                head_ref: head,
                base_ref: base,
            },
        ),
        Artifact::Pull(index) => {
            let pull = world.pull(*index)?;
            (
                "pull",
                DataView::Pull {
                    id: pull.database_id,
                    global_id: if view.empty_global_ids {
                        String::new()
                    } else {
                        pull.global_id()
                    },
                },
            )
        }
        Artifact::Raw(value) => return Some(ArtifactView::Raw(value)),
    };
    Some(ArtifactView::Known {
        provider: "github",
        r#type,
        data,
    })
}

fn user_id(world: &World, index: Index) -> i64 {
    world.user(index).map_or(0, |user| user.id)
}
