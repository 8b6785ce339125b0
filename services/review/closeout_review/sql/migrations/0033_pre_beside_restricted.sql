-- What stands beside a restricted incident, and is found by an id of its own.

ALTER TABLE attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachment FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON attachment USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR (SELECT true FROM incident AS i WHERE i.id = incident_id)
);
ALTER TABLE annotation ENABLE ROW LEVEL SECURITY;
ALTER TABLE annotation FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON annotation USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR (SELECT true FROM incident AS i WHERE i.id = incident_id)
);
ALTER TABLE mandated_ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE mandated_ticket FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandated_ticket USING (
    COALESCE(current_setting('closeout.viewer', true), '') = ''
    OR (SELECT true FROM postmortem AS p WHERE p.id = postmortem_id)
);
