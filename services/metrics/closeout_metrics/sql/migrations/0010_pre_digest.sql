-- A team's week: which targets were put off when, and which digests were said.

-- Each day that it was ever due, by its ticket or its promise, with when that was first said. `put_off_at`: the last time
-- that this was a day later than promised; not known of what slipped before this. `promised_on`: what was promised first,
-- `due_on` what stands now, after so many changes.
ALTER TABLE action_item
    ADD COLUMN promised_on date,
    ADD COLUMN change_number integer NOT NULL DEFAULT 0,
    ADD COLUMN due_days jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN put_off_at timestamptz;
CREATE INDEX action_item_put_off ON action_item (put_off_at) WHERE put_off_at IS NOT NULL;
CREATE INDEX action_item_due ON action_item (due_on) WHERE due_on IS NOT NULL;

-- A team, by the pager's id, was told of a week: once, whichever replica did it. A quiet week was looked at, no more.
CREATE TABLE digest_said (
    team text NOT NULL,
    week date NOT NULL,
    quiet boolean NOT NULL,
    said_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team, week)
);
