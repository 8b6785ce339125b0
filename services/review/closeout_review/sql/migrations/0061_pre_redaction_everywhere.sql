-- A redaction reaches what was made from the words: drafts, annotations, the index, what waits to be said.

-- Whether this transaction is one that takes the words of an entry out: it has left the tombstone itself, and named it.
CREATE FUNCTION words_are_taken_out() RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT FROM redaction
        WHERE entry_id::text = current_setting('closeout.redaction', true) AND redacted_at = transaction_timestamp()
    )
$$;

-- What is kept for good changes for that alone. Nothing of it is deleted.
CREATE OR REPLACE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND words_are_taken_out() THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'What was changed after publication is kept: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Record a further change.';
END
$$;
CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND words_are_taken_out() THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'It says who did what, also where that was a mistake.';
END
$$;
CREATE OR REPLACE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    concerned uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.postmortem_id ELSE NEW.postmortem_id END;
BEGIN
    IF EXISTS (SELECT FROM postmortem WHERE id = concerned AND published_at IS NOT NULL)
       AND NOT (TG_OP = 'UPDATE' AND words_are_taken_out()) THEN
        RAISE EXCEPTION 'Postmortem % is published: % of its revisions is refused.', concerned, TG_OP
            USING ERRCODE = 'restrict_violation', HINT = 'Its action items can be changed, each with a reason.';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
