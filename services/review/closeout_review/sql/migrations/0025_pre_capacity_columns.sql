-- What capacity asks for, as columns: below row security an index on an expression is of no use.
DROP INDEX action_item_of_target;
DROP INDEX action_item_due;
ALTER TABLE action_item
    ADD COLUMN aimed_project text GENERATED ALWAYS AS (item ->> 'project') STORED,
    ADD COLUMN aimed_at text GENERATED ALWAYS AS (item -> 'target' ->> 'value') STORED,
    ADD COLUMN due_on text GENERATED ALWAYS AS (item -> 'target' ->> 'due_on') STORED;
CREATE INDEX action_item_aim ON action_item (aimed_project, aimed_at);
CREATE INDEX action_item_due_on ON action_item (due_on);
