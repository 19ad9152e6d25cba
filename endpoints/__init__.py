"""The programs in the rooms: agent, headless joiner, simulated fleet. Nothing here imports confhub."""
