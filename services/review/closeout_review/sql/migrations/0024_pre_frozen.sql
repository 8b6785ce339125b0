-- What is published stays as it was published: the database takes no revision of it any more, and changes none.
CREATE FUNCTION refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.postmortem_id ELSE NEW.postmortem_id END;
BEGIN
    IF EXISTS (SELECT FROM postmortem WHERE id = concerned AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'Postmortem % is published: % of its revisions is refused.', concerned, TG_OP
            USING ERRCODE = 'restrict_violation', HINT = 'Its action items can be changed, each with a reason.';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON draft_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published();
ALTER TABLE draft_revision ENABLE ALWAYS TRIGGER frozen;
