-- That something was done under a key, said in the transaction that did it: whoever did it may die before they answer.
ALTER TABLE kept_answer ADD COLUMN done boolean NOT NULL DEFAULT false;
