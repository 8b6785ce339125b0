-- Restricted incidents: who is not named in their audience sees nothing that leads to them.
--
-- The database decides it, whichever query asks. closeout.viewer is set for the transaction of each request: who it is for,
-- as the names an audience can hold. Where it is not set, nobody asks: handlers, loops and the command see everything.

ALTER TABLE incident
    ADD COLUMN restricted boolean NOT NULL DEFAULT false,
    -- role:admin, person:alex@example.com
    ADD COLUMN audience text[] NOT NULL DEFAULT '{}',
    -- Null while the mapping decides; what a person has decided stands.
    ADD COLUMN restriction_by text,
    ADD COLUMN restriction_why text NOT NULL DEFAULT '';
ALTER TABLE postmortem ADD COLUMN restricted boolean NOT NULL DEFAULT false;
ALTER TABLE action_item
    ADD COLUMN restricted boolean NOT NULL DEFAULT false,
    -- A column of its own: below row security an index on an expression is of no use.
    ADD COLUMN owner_id text GENERATED ALWAYS AS (item -> 'owner' ->> 'person_id') STORED;
CREATE INDEX action_item_owner_id ON action_item (owner_id);
CREATE INDEX incident_restricted ON incident (id) WHERE restricted;

-- The snapshot says so itself, to whoever reads it; and what its source calls restricted, is.
CREATE FUNCTION keep_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.restriction_by IS NULL THEN
        NEW.restricted := NEW.restricted OR COALESCE((NEW.snapshot ->> 'restricted')::boolean, false);
    END IF;
    IF NEW.restricted AND NEW.audience = '{}' THEN
        NEW.audience := '{role:admin}';
    END IF;
    NEW.snapshot := NEW.snapshot || jsonb_build_object('restricted', NEW.restricted);
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_restriction BEFORE INSERT OR UPDATE ON incident
    FOR EACH ROW EXECUTE FUNCTION keep_restriction();

-- What is made from a restricted incident is restricted from its first moment, and follows it from then on.
CREATE FUNCTION inherit_restriction_of_incident() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT restricted INTO STRICT NEW.restricted FROM incident WHERE id = NEW.incident_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER inherit_restriction BEFORE INSERT ON postmortem
    FOR EACH ROW EXECUTE FUNCTION inherit_restriction_of_incident();

CREATE FUNCTION inherit_restriction_of_postmortem() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT restricted INTO STRICT NEW.restricted FROM postmortem WHERE id = NEW.postmortem_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER inherit_restriction BEFORE INSERT ON action_item
    FOR EACH ROW EXECUTE FUNCTION inherit_restriction_of_postmortem();

-- The incidents that one postmortem covers, by one of them; itself alone where nobody writes about it yet.
CREATE FUNCTION written_about_with(one uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH about AS (
        SELECT id, incident_id FROM postmortem WHERE incident_id = one AND merged_into IS NULL
        UNION
        SELECT p.id, p.incident_id FROM covered_incident AS c JOIN postmortem AS p ON p.id = c.postmortem_id
        WHERE c.incident_id = one
    )
    SELECT one UNION SELECT incident_id FROM about
    UNION SELECT c.incident_id FROM covered_incident AS c JOIN about AS a ON a.id = c.postmortem_id
$$;

CREATE FUNCTION pass_restriction_on() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.restricted THEN
        UPDATE incident SET restricted = true, audience = NEW.audience, restriction_by = NEW.restriction_by,
            restriction_why = NEW.restriction_why
        WHERE id IN (SELECT written_about_with(NEW.id)) AND NOT restricted;
    END IF;
    UPDATE postmortem SET restricted = NEW.restricted WHERE incident_id = NEW.id AND restricted <> NEW.restricted;
    UPDATE action_item AS a SET restricted = NEW.restricted
    FROM postmortem AS p WHERE p.id = a.postmortem_id AND p.incident_id = NEW.id AND a.restricted <> NEW.restricted;
    RETURN NULL;
END
$$;
CREATE TRIGGER pass_restriction_on AFTER UPDATE ON incident
    FOR EACH ROW WHEN (OLD.restricted <> NEW.restricted) EXECUTE FUNCTION pass_restriction_on();

-- What is written about together with something restricted is restricted.
CREATE FUNCTION restrict_together() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE incident AS i SET restricted = true, audience = r.audience, restriction_by = r.restriction_by,
        restriction_why = r.restriction_why
    FROM (
        SELECT * FROM incident WHERE restricted AND id IN (SELECT written_about_with(NEW.incident_id)) ORDER BY id LIMIT 1
    ) AS r
    WHERE i.id IN (SELECT written_about_with(NEW.incident_id)) AND NOT i.restricted;
    RETURN NULL;
END
$$;
CREATE TRIGGER restrict_together AFTER INSERT OR UPDATE ON covered_incident
    FOR EACH ROW EXECUTE FUNCTION restrict_together();

ALTER TABLE incident ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON incident USING (
    NOT restricted
    OR COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR audience && NULLIF(current_setting('closeout.viewer', true), '')::text[]
);

ALTER TABLE postmortem ENABLE ROW LEVEL SECURITY;
ALTER TABLE postmortem FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON postmortem USING (
    NOT restricted
    OR COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR EXISTS (SELECT FROM incident AS i WHERE i.id = incident_id)
    AND NOT EXISTS (
        SELECT FROM covered_incident AS c
        WHERE c.postmortem_id = postmortem.id AND NOT EXISTS (SELECT FROM incident AS i WHERE i.id = c.incident_id)
    )
);

ALTER TABLE action_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE action_item FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON action_item USING (
    NOT restricted
    OR COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR EXISTS (SELECT FROM postmortem AS p WHERE p.id = postmortem_id)
);

-- What is found by its own id, or by its words.
ALTER TABLE timeline_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE timeline_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON timeline_entry USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR EXISTS (SELECT FROM incident AS i WHERE i.id = incident_id)
);
ALTER TABLE timeline_content ENABLE ROW LEVEL SECURITY;
ALTER TABLE timeline_content FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON timeline_content USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR EXISTS (SELECT FROM timeline_entry AS e WHERE e.entry_id = timeline_content.entry_id)
);
ALTER TABLE draft_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE draft_revision FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON draft_revision USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR EXISTS (SELECT FROM postmortem AS p WHERE p.id = postmortem_id)
);
