-- Who published, and what became of a promise afterwards.
ALTER TABLE postmortem ADD COLUMN published_by text;
ALTER TABLE action_item ADD COLUMN withdrawn_by text, ADD COLUMN replaced_by uuid;

-- A promise that is made in the place of another takes its position: at most three stand at a time.
ALTER TABLE action_item DROP CONSTRAINT action_item_postmortem_id_position_key;
CREATE UNIQUE INDEX action_item_standing ON action_item (postmortem_id, position) WHERE withdrawn_at IS NULL;
CREATE INDEX action_item_of_postmortem ON action_item (postmortem_id);

-- Each change of a published promise, with the promise before and after it. Nobody takes one back.
CREATE TABLE item_change (
    item_id uuid NOT NULL REFERENCES action_item (id),
    number integer NOT NULL CHECK (number > 0),
    change text NOT NULL CHECK (change IN ('retargeted', 'reassigned')),
    slipped boolean NOT NULL,
    was jsonb NOT NULL,
    becomes jsonb NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (item_id, number)
);
CREATE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was changed after publication is kept: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Record a further change.';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON item_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
ALTER TABLE item_change ENABLE ALWAYS TRIGGER append_only;
