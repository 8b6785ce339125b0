-- Whether anything has changed since the last scrape. Each statement that may change a number leaves a row, which becomes visible
-- together with what it changed: while the rows that one sees are the same, so are the numbers, but for what goes by the clock.
-- A counter would not do: transactions that end in another order than they began would hide each other's changes, or wait for
-- each other. No id is ever given twice, also after a restore.
CREATE TABLE change (id uuid PRIMARY KEY DEFAULT gen_random_uuid());

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics.change DEFAULT VALUES;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    counted text;
BEGIN
    FOREACH counted IN ARRAY ARRAY[
        'incident', 'postmortem', 'action_item', 'tally', 'recurrence', 'confirmed_recurrence', 'meta_finding', 'meta_proposal',
        'team', 'service_name'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION note_change()', counted
        );
    END LOOP;
END
$$;
