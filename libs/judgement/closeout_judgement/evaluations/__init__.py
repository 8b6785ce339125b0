"""What can be scored against labels, one judgement a file; `table.py` lists them all."""
