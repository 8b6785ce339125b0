-- Promises and what became of them in the tracker, and what the trackers let us ask.

-- One row an action item: the intent first, the ticket later.
CREATE TABLE ticket (
    item_id uuid PRIMARY KEY,
    tracker text NOT NULL,
    committed json NOT NULL, -- the promise, as it was published
    committed_at timestamptz NOT NULL DEFAULT now(),
    traceparent text,
    -- how it comes to exist
    stage text NOT NULL CHECK (stage IN ('wanted', 'creating', 'doubtful', 'created', 'refused', 'withdrawn')),
    due_at timestamptz, -- when to act next; while somebody acts, when that one is held for dead
    creation json NOT NULL,
    -- how it looks in the tracker
    state text NOT NULL,
    mirror json NOT NULL,
    remote_id text, -- the tracker's own id
    project text NOT NULL,
    etag text,
    read_at timestamptz,
    read_due_at timestamptz, -- it is to be read out of turn
    -- how a withdrawn promise is taken out of the tracker
    farewell text CHECK (farewell IN ('comment', 'close', 'done')),
    farewell_due_at timestamptz,
    farewell_failures integer NOT NULL DEFAULT 0,
    withdrawn_because text,
    CHECK (stage <> 'created' OR remote_id IS NOT NULL)
);
CREATE UNIQUE INDEX ticket_remote ON ticket (tracker, remote_id) WHERE remote_id IS NOT NULL;
CREATE INDEX ticket_due ON ticket (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ticket_farewell ON ticket (farewell_due_at) WHERE farewell_due_at IS NOT NULL;
CREATE INDEX ticket_read_due ON ticket (read_due_at) WHERE read_due_at IS NOT NULL;
CREATE INDEX ticket_to_read ON ticket (tracker, read_at NULLS FIRST) WHERE state IN ('open', 'lost');

-- What one credential may do now; replicas share it.
CREATE TABLE credential (
    name text PRIMARY KEY,
    blocked_until timestamptz, -- the tracker wants to be left alone
    reads_blocked_until timestamptz, -- few requests are left: they are kept for writing
    why text,
    is_unauthorized boolean NOT NULL DEFAULT false,
    strikes integer NOT NULL DEFAULT 0, -- limits in a row that named no time
    -- The pen: who has it may write. One at a time, with a pause after it.
    pen uuid,
    pen_until timestamptz,
    next_write_at timestamptz
);

-- Up to where a project's changes were read, by the tracker's clock.
CREATE TABLE progress (
    tracker text NOT NULL,
    project text NOT NULL,
    since timestamptz NOT NULL,
    etag text,
    PRIMARY KEY (tracker, project)
);

-- What was told to the others of a project and of an account.
CREATE TABLE project (
    tracker text NOT NULL,
    key text NOT NULL,
    digest text NOT NULL,
    can_create boolean NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (tracker, key)
);
CREATE TABLE account (
    tracker text NOT NULL,
    account text NOT NULL,
    party json NOT NULL,
    looked_up_at timestamptz NOT NULL,
    PRIMARY KEY (tracker, account)
);
