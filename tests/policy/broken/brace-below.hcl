settings
{
}
