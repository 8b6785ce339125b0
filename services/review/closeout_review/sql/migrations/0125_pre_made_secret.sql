-- That a secret was made under a key, said in the transaction that made it: whoever made it may die before they answer.
ALTER TABLE kept_answer ADD COLUMN made_secret boolean NOT NULL DEFAULT false;
