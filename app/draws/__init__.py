"""Draws: freeze, contributions, dice, result, sign-off; sealing; void, never delete."""
