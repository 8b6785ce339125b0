-- What review said of a restricted postmortem belongs to no team, also where the pager does not know that it is restricted.
-- The tallies are counted again when the new release starts.
UPDATE action_item SET team = NULL WHERE service = 'restricted' AND team IS NOT NULL;
