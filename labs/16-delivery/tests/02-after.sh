# The grid's column for the policy "after".
. "$(dirname "$0")/grid.sh"
grid after
