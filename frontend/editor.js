export function prepare() {}
