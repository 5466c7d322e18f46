"""What keeps a fault from outliving its run: records and files only, they know no fault."""
