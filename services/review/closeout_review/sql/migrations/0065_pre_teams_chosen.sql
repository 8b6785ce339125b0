-- The few reviews of which people have said which teams they are about: every draft offers those names.
CREATE INDEX postmortem_teams_chosen ON postmortem (id) WHERE teams IS NOT NULL;
