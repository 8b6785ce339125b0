-- What a project's sprint or week was promised already, and which promises were due when.
CREATE INDEX action_item_of_target ON action_item ((item ->> 'project'), (item -> 'target' ->> 'value'));
CREATE INDEX action_item_due ON action_item ((item -> 'target' ->> 'due_on'));
