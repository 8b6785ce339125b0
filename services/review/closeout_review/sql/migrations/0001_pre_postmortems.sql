-- The postmortem, and what it is made from: incidents, their timelines, tickets, people and projects.

-- The incident as far as it is known. Only a higher revision changes it.
CREATE TABLE incident (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    snapshot jsonb NOT NULL,
    -- When it was opened or, where the pager has not said, when it was first heard of: the order of the list.
    listed_at timestamptz NOT NULL
);
CREATE INDEX incident_newest ON incident (listed_at DESC, id DESC);

-- The last link of each incident's chain. Whoever appends locks it first.
CREATE TABLE timeline_head (
    incident_id uuid PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);

-- What a source said, except for the words. seq is the order of arrival.
CREATE TABLE timeline_entry (
    incident_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    entry_id uuid NOT NULL UNIQUE,
    kind text NOT NULL,
    author jsonb,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    source_id text NOT NULL,
    url text,
    about jsonb NOT NULL,
    content_digest bytea NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (incident_id, seq)
);

-- The words, byte for byte: as bytes, because text cannot hold the NUL that a source may send. They stand apart so that
-- a redaction can take them away while the chain, which holds only the digest of salt and text, still verifies.
CREATE TABLE timeline_content (
    entry_id uuid PRIMARY KEY REFERENCES timeline_entry (entry_id),
    text bytea NOT NULL,
    salt bytea NOT NULL
);

CREATE FUNCTION refuse_change_of_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A timeline is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'It stays as the sources said it, wrong guesses included. Add an entry or an annotation beside it.';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline_content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
-- Also where session_replication_role would leave ordinary triggers out.
ALTER TABLE timeline_entry ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE timeline_content ENABLE ALWAYS TRIGGER append_only;

-- One an incident. What people wrote stands in draft_revision; revision 0 is the draft that nobody has touched.
CREATE TABLE postmortem (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL UNIQUE REFERENCES incident (id),
    drafted_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 0,
    published_at timestamptz,
    fails_at timestamptz,
    published_facts jsonb,
    outcome text CHECK (outcome IN ('pending', 'succeeded', 'failed', 'closed_late', 'journal_entry')),
    -- The first time each was said.
    succeeded_at timestamptz,
    failed_at timestamptz,
    closed_late_at timestamptz,
    CHECK (num_nulls(published_at, fails_at, published_facts, outcome) IN (0, 4))
);
CREATE INDEX postmortem_newest ON postmortem (drafted_at DESC, id DESC);
CREATE INDEX postmortem_pending ON postmortem (fails_at) WHERE outcome = 'pending';

CREATE TABLE draft_revision (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    revision integer NOT NULL CHECK (revision > 0),
    content jsonb NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (postmortem_id, revision)
);

CREATE TABLE action_item (
    id uuid PRIMARY KEY,
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    position integer NOT NULL CHECK (position BETWEEN 1 AND 3),
    item jsonb NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    withdrawn_reason text,
    UNIQUE (postmortem_id, position),
    CHECK (num_nulls(withdrawn_at, withdrawn_reason) IN (0, 2))
);

-- An item's counterpart in the tracker, as last heard of. Only a higher revision changes it.
CREATE TABLE ticket (
    item_id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    snapshot jsonb NOT NULL
);

-- Whom the outside systems know.
CREATE TABLE party (
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    name text NOT NULL,
    email text,
    kind text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (vendor, vendor_id)
);

-- The trackers' projects, as last read.
CREATE TABLE project (
    tracker text NOT NULL,
    key text NOT NULL,
    snapshot jsonb NOT NULL,
    described_at timestamptz NOT NULL,
    PRIMARY KEY (tracker, key)
);
