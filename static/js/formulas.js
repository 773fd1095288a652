export const evaluate = () => null; export const round = () => null;
