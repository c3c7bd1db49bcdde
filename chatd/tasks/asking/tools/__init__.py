"""Tools for models: the registry that runs them within their limits, and the tools that are shipped."""
