-- Version 1. The same statements run on SQLite and PostgreSQL: text, bigint, and JSON as text.
-- Times are milliseconds since 1970 in UTC.

CREATE TABLE campaigns (
    name TEXT PRIMARY KEY,
    -- Counts the definitions that were applied under this name, from 1.
    version BIGINT NOT NULL,
    -- The definition as canonical JSON.
    definition TEXT NOT NULL,
    -- running, paused, stopped or finished
    status TEXT NOT NULL,
    -- Why it is paused or stopped.
    reason TEXT,
    -- The newest wave that may start, from 0.
    open_wave BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The worker that follows the campaign's tasks, its fencing token, and until when it holds the lease.
    follower TEXT,
    follower_token BIGINT NOT NULL,
    follower_until BIGINT,
    -- Where the fleet resumes.
    checkpoint TEXT
);

CREATE TABLE items (
    campaign TEXT NOT NULL REFERENCES campaigns (name),
    position BIGINT NOT NULL,
    -- owner/name as it was written, and in lower case, by which a repository is known again.
    repository TEXT NOT NULL,
    repository_key TEXT NOT NULL,
    -- The version of the definition that rendered the prompt.
    version BIGINT NOT NULL,
    prompt TEXT NOT NULL,
    wave BIGINT NOT NULL,
    -- How often the item was retried by hand.
    attempt BIGINT NOT NULL,
    -- pending, starting, running, succeeded, failed, refused or dropped
    status TEXT NOT NULL,
    -- The worker that starts the item, its fencing token, and until when it holds the lease.
    worker TEXT,
    token BIGINT NOT NULL,
    lease_until BIGINT,
    -- When a request that starts the task was about to be sent; no start is sent before this is written.
    sent_at BIGINT,
    task_id TEXT,
    task_url TEXT,
    state TEXT,
    needs_user BIGINT NOT NULL,
    -- Billionths of an AI credit, as GitHub reports them for the task's sessions.
    credits BIGINT NOT NULL,
    model TEXT,
    pull_request_number BIGINT,
    pull_request_url TEXT,
    pull_request_state TEXT,
    error TEXT,
    started_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (campaign, position),
    UNIQUE (campaign, repository_key)
);

CREATE INDEX items_by_status ON items (campaign, status, wave, position);
CREATE INDEX items_by_task ON items (task_id);

CREATE TABLE notices (
    campaign TEXT NOT NULL REFERENCES campaigns (name),
    sequence BIGINT NOT NULL,
    event TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    delivered_at BIGINT,
    PRIMARY KEY (campaign, sequence)
);
