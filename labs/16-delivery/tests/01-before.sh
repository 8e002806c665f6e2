# The grid's column for the policy "before".
. "$(dirname "$0")/grid.sh"
grid before
