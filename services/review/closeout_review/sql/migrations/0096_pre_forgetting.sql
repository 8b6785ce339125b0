-- A person can be forgotten, with the chain intact (docs/decisions/0047-a-person-can-leave-the-chain.md).

-- From version 2 on a link holds, of what may name a person, salted digests only. `salts`: hexadecimal, by field; with a
-- name goes its salt, and `erased` keeps the digest. What an earlier release appends, and what is there, is version 1.
ALTER TABLE timeline_entry
    ADD COLUMN chain smallint NOT NULL DEFAULT 1,
    ADD COLUMN salts jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN erased jsonb NOT NULL DEFAULT '{}';

-- Each time that somebody was forgotten here. Who it was is not kept; by whom and why, the chains say.
CREATE TABLE forgetting (
    id uuid PRIMARY KEY,
    forgotten_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);

-- By what a vendor knows somebody who was forgotten, as a digest: what is heard of them later is told of nobody.
CREATE TABLE forgotten (
    digest bytea PRIMARY KEY,
    stand_in text NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);

-- Whether this transaction is one in which a person is forgotten: it has said so itself, and named it.
CREATE FUNCTION a_person_is_forgotten() RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT FROM forgetting
        WHERE id::text = current_setting('closeout.forgetting', true) AND forgotten_at = transaction_timestamp()
    )
$$;
CREATE OR REPLACE FUNCTION words_are_taken_out() RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT a_person_is_forgotten() OR EXISTS (
        SELECT FROM redaction
        WHERE entry_id::text = current_setting('closeout.redaction', true) AND redacted_at = transaction_timestamp()
    )
$$;

-- An entry changes for that alone, and in nothing but what may name a person; one of version 1 does not change at all.
CREATE FUNCTION refuse_change_of_entry() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    may_name text[] := '{author,source_id,url,about,salts,erased}';
BEGIN
    IF OLD.chain > 1 AND to_jsonb(NEW) - may_name = to_jsonb(OLD) - may_name AND a_person_is_forgotten() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A timeline is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'It stays as the sources said it, wrong guesses included. Add an entry or an annotation beside it.';
END
$$;
DROP TRIGGER append_only ON timeline_entry;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON timeline_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
CREATE TRIGGER forgetting_only BEFORE UPDATE ON timeline_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_entry();
ALTER TABLE timeline_entry ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE timeline_entry ENABLE ALWAYS TRIGGER forgetting_only;

-- Who redacted what can be somebody who is forgotten later.
CREATE FUNCTION refuse_change_of_tombstone() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.entry_id = OLD.entry_id AND NEW.redacted_at = OLD.redacted_at AND a_person_is_forgotten() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A timeline is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'A tombstone says for good who took words out, when and why.';
END
$$;
DROP TRIGGER append_only ON redaction;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON redaction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
CREATE TRIGGER forgetting_only BEFORE UPDATE ON redaction
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_tombstone();
ALTER TABLE redaction ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE redaction ENABLE ALWAYS TRIGGER forgetting_only;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON forgetting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
ALTER TABLE forgetting ENABLE ALWAYS TRIGGER append_only;
