-- What stands beside a timeline, and the one exception to its rule: a redaction leaves a tombstone.

-- What somebody says of an entry. Taken back, it stays, with who did and when.
CREATE TABLE annotation (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL,
    entry_id uuid NOT NULL REFERENCES timeline_entry (entry_id),
    kind text NOT NULL CHECK (
        kind IN ('wrong_hypothesis', 'confusion', 'decision', 'right_for_the_wrong_reason', 'turning_point')
    ),
    note text NOT NULL,
    by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    taken_back_at timestamptz,
    taken_back_by text,
    CHECK (num_nulls(taken_back_at, taken_back_by) IN (0, 2))
);
CREATE INDEX annotation_of_incident ON annotation (incident_id, made_at);

-- A suggested annotation that somebody did not want.
CREATE TABLE dismissed_suggestion (
    entry_id uuid NOT NULL REFERENCES timeline_entry (entry_id),
    kind text NOT NULL,
    incident_id uuid NOT NULL,
    by text NOT NULL,
    dismissed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (entry_id, kind)
);
CREATE INDEX dismissed_suggestion_of_incident ON dismissed_suggestion (incident_id);

-- Whose words were taken away, by whom, when and why. The chain has an entry that says the same.
CREATE TABLE redaction (
    entry_id uuid PRIMARY KEY REFERENCES timeline_entry (entry_id),
    what text NOT NULL CHECK (what IN ('secret', 'personal_data')),
    why text NOT NULL,
    by text NOT NULL,
    redacted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON redaction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
ALTER TABLE redaction ENABLE ALWAYS TRIGGER append_only;

-- Words may go only where a tombstone stands already. The table is named with its schema, whatever the search path is.
CREATE FUNCTION refuse_deletion_without_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tombstone boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.redaction WHERE entry_id = $1)', TG_TABLE_SCHEMA)
        INTO tombstone USING OLD.entry_id;
    IF NOT tombstone THEN
        RAISE EXCEPTION 'A timeline is append-only: DELETE on % is refused.', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation',
                  HINT = 'A secret or personal data is redacted on the page of its entry, which leaves a tombstone.';
    END IF;
    RETURN OLD;
END
$$;
DROP TRIGGER append_only ON timeline_content;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON timeline_content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
CREATE TRIGGER tombstone_first BEFORE DELETE ON timeline_content
    FOR EACH ROW EXECUTE FUNCTION refuse_deletion_without_tombstone();
ALTER TABLE timeline_content ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE timeline_content ENABLE ALWAYS TRIGGER tombstone_first;
