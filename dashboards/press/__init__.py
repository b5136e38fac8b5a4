"""What is printed or handed on: the edition and the brief as PDF, the brief as a document."""
