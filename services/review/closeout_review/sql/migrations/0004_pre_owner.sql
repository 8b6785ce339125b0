-- What somebody has promised.
CREATE INDEX action_item_of_owner ON action_item ((item -> 'owner' ->> 'person_id'));
