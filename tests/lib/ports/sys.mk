# bmake wants one; a port needs no rules of the system.
