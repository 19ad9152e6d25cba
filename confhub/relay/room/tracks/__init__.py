"""What is published and who takes it: publications, subscriptions, their codecs and layers."""
