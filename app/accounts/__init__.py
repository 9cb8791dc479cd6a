"""Who may come in and what each may do: staff, roles, sign-in, sessions, second factor, invited witnesses."""
