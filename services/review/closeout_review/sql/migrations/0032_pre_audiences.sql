-- Who sees a row stands in the row: a policy that looks into other tables makes every plan worse.

ALTER TABLE postmortem ADD COLUMN audience text[] NOT NULL DEFAULT '{}';
ALTER TABLE action_item ADD COLUMN audience text[] NOT NULL DEFAULT '{}';
UPDATE postmortem AS p SET audience = i.audience FROM incident AS i WHERE i.id = p.incident_id AND p.restricted;
UPDATE action_item AS a SET audience = p.audience FROM postmortem AS p WHERE p.id = a.postmortem_id AND a.restricted;

CREATE OR REPLACE FUNCTION inherit_restriction_of_incident() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    SELECT restricted, audience INTO STRICT NEW.restricted, NEW.audience FROM incident WHERE id = NEW.incident_id;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION inherit_restriction_of_postmortem() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    SELECT restricted, audience INTO STRICT NEW.restricted, NEW.audience FROM postmortem WHERE id = NEW.postmortem_id;
    RETURN NEW;
END
$$;

-- The incidents that are written about together have one audience, and so have their postmortem and its items.
CREATE OR REPLACE FUNCTION pass_restriction_on() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.restricted THEN
        UPDATE incident SET restricted = true, audience = NEW.audience, restriction_by = NEW.restriction_by,
            restriction_why = NEW.restriction_why
        WHERE id IN (SELECT written_about_with(NEW.id)) AND NOT (restricted AND audience = NEW.audience);
    END IF;
    UPDATE postmortem SET restricted = NEW.restricted, audience = NEW.audience WHERE incident_id = NEW.id;
    UPDATE action_item AS a SET restricted = NEW.restricted, audience = NEW.audience
    FROM postmortem AS p WHERE p.id = a.postmortem_id AND p.incident_id = NEW.id;
    RETURN NULL;
END
$$;
DROP TRIGGER pass_restriction_on ON incident;
CREATE TRIGGER pass_restriction_on AFTER UPDATE ON incident
    FOR EACH ROW WHEN (OLD.restricted <> NEW.restricted OR OLD.audience <> NEW.audience)
    EXECUTE FUNCTION pass_restriction_on();

-- Where two audiences meet, who is in both of them remains; where nobody is, the admins do.
CREATE OR REPLACE FUNCTION restrict_together() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
DECLARE
    about uuid[] := ARRAY(SELECT written_about_with(NEW.incident_id));
    restrictions bigint := (SELECT count(*) FROM incident WHERE restricted AND id = ANY (about));
    remain text[] := ARRAY(
        SELECT one FROM incident, unnest(audience) AS one WHERE restricted AND id = ANY (about)
        GROUP BY one HAVING count(*) = restrictions ORDER BY one
    );
    viewer text := COALESCE(current_setting('closeout.viewer', true), '');
BEGIN
    IF restrictions > 0 THEN
        -- Whoever put them together may not be among those who remain.
        PERFORM set_config('closeout.viewer', '', true);
        UPDATE incident SET restricted = true, audience = remain, restriction_why = CASE
            WHEN restriction_why = '' THEN 'it is written about together with a restricted one' ELSE restriction_why END
        WHERE id = ANY (about) AND NOT (restricted AND audience = remain);
        PERFORM set_config('closeout.viewer', viewer, true);
    END IF;
    RETURN NULL;
END
$$;

DROP POLICY seen ON postmortem;
CREATE POLICY seen ON postmortem USING (
    NOT restricted
    OR COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR audience && NULLIF(current_setting('closeout.viewer', true), '')::text[]
);
DROP POLICY seen ON action_item;
CREATE POLICY seen ON action_item USING (
    NOT restricted
    OR COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR audience && NULLIF(current_setting('closeout.viewer', true), '')::text[]
);

-- A scalar subquery is looked up row by row; EXISTS may read a whole table into a hash.
DROP POLICY seen ON timeline_entry;
CREATE POLICY seen ON timeline_entry USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR (SELECT true FROM incident AS i WHERE i.id = incident_id)
);
DROP POLICY seen ON timeline_content;
CREATE POLICY seen ON timeline_content USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR (SELECT true FROM timeline_entry AS e WHERE e.entry_id = timeline_content.entry_id)
);
DROP POLICY seen ON draft_revision;
CREATE POLICY seen ON draft_revision USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR (SELECT true FROM postmortem AS p WHERE p.id = postmortem_id)
);
