-- Who asks: people who signed in, their sessions, one-time links, API tokens; and what they did.

-- Somebody who has signed in, as the provider told it the last time. The local operator is one of them.
CREATE TABLE principal (
    id uuid PRIMARY KEY,
    issuer text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    email text,
    roles text[] NOT NULL,
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject)
);

-- Of a cookie, a link, a token only the digest is kept: who reads this table can act as nobody.
CREATE TABLE session (
    digest bytea PRIMARY KEY,
    principal_id uuid NOT NULL REFERENCES principal (id),
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- What a browser must bring back from where it was sent to sign in.
CREATE TABLE sign_in (
    digest bytea PRIMARY KEY,
    nonce text NOT NULL,
    verifier text NOT NULL,
    return_to text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE one_time_link (
    digest bytea PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE api_token (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    principal_id uuid NOT NULL REFERENCES principal (id),
    name text NOT NULL,
    scopes text[] NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_on date,
    revoked_at timestamptz
);
CREATE INDEX api_token_newest ON api_token (made_at DESC, id DESC);

-- Who did what, in the transaction that did it. about: the ids that the request named.
CREATE TABLE audit_entry (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    principal_id uuid NOT NULL,
    who text NOT NULL,
    signed_in_by text NOT NULL,
    deed text NOT NULL,
    about jsonb NOT NULL
);
CREATE INDEX audit_entry_of_principal ON audit_entry (principal_id, seq DESC);

CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'It says who did what, also where that was a mistake.';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER append_only;

-- What was answered to a request that carried an Idempotency-Key; status is null while it is being answered.
CREATE TABLE kept_answer (
    principal_id uuid NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    status integer,
    headers jsonb,
    body bytea,
    PRIMARY KEY (principal_id, key)
);
CREATE INDEX kept_answer_begun ON kept_answer (begun_at);
