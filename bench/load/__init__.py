"""The load: Locust in processes of its own, so that its CPU is neither the mall's nor lost from sight."""
