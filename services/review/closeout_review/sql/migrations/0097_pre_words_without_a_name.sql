-- Where a person was forgotten, the words of an entry stay, without the name: a further entry vouches for what is left.

-- An entry of version 1 holds its author itself, and keeps it; of its words the chain has always had a salted digest.
CREATE OR REPLACE FUNCTION refuse_change_of_entry() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    may_name text[] := CASE WHEN OLD.chain > 1 THEN '{author,source_id,url,about,salts,erased}' ELSE '{erased}' END;
BEGIN
    IF to_jsonb(NEW) - may_name = to_jsonb(OLD) - may_name AND a_person_is_forgotten() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A timeline is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'It stays as the sources said it, wrong guesses included. Add an entry or an annotation beside it.';
END
$$;

CREATE FUNCTION refuse_change_of_words() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.entry_id = OLD.entry_id AND a_person_is_forgotten() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A timeline is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'It stays as the sources said it, wrong guesses included. Add an entry or an annotation beside it.';
END
$$;
DROP TRIGGER append_only ON timeline_content;
CREATE TRIGGER append_only BEFORE TRUNCATE ON timeline_content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_timeline();
CREATE TRIGGER forgetting_only BEFORE UPDATE ON timeline_content
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_words();
ALTER TABLE timeline_content ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE timeline_content ENABLE ALWAYS TRIGGER forgetting_only;
